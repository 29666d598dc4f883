// Calls the server named on the command line and prints the results as one JSON object.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/augmentedairuntime"
	"github.com/aws/aws-sdk-go/service/lookoutforvision"
	"github.com/aws/aws-sdk-go/service/sagemakerruntime"
)

func main() {
	config := &aws.Config{
		Endpoint:    aws.String(os.Args[1]),
		Region:      aws.String("eu-west-1"),
		MaxRetries:  aws.Int(0),
		Credentials: credentials.NewStaticCredentials("111122223333", "secret", ""),
	}
	opened := session.Must(session.NewSession(config))
	client := sagemakerruntime.New(opened)
	results := map[string]interface{}{}
	answer, err := client.InvokeEndpoint(&sagemakerruntime.InvokeEndpointInput{
		EndpointName: aws.String("churn"),
		Body:         []byte("[1]"),
		ContentType:  aws.String("application/json"),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	results["body"] = string(answer.Body)
	results["contentType"] = aws.StringValue(answer.ContentType)
	_, err = client.InvokeEndpoint(&sagemakerruntime.InvokeEndpointInput{
		EndpointName: aws.String("failing"),
		Body:         []byte("x"),
	})
	if failed, ok := err.(*sagemakerruntime.ModelError); ok {
		results["modelError"] = map[string]interface{}{
			"code":    failed.Code(),
			"status":  failed.StatusCode(),
			"origin":  aws.Int64Value(failed.OriginalStatusCode),
			"message": aws.StringValue(failed.OriginalMessage),
			"log":     aws.StringValue(failed.LogStreamArn),
		}
	}
	_, err = client.InvokeEndpoint(&sagemakerruntime.InvokeEndpointInput{
		EndpointName: aws.String("missing"),
		Body:         []byte("x"),
	})
	if missing, ok := err.(awserr.Error); ok {
		results["missingEndpoint"] = missing.Code()
	}
	review(results, augmentedairuntime.New(opened))
	inspect(results, lookoutforvision.New(opened))
	text, _ := json.Marshal(results)
	fmt.Println(string(text))
}

func review(results map[string]interface{}, client *augmentedairuntime.AugmentedAIRuntime) {
	started, err := client.StartHumanLoop(&augmentedairuntime.StartHumanLoopInput{
		HumanLoopName:     aws.String("go"),
		FlowDefinitionArn: aws.String("arn:aws:sagemaker:eu-west-1:111122223333:flow-definition/review"),
		HumanLoopInput:    &augmentedairuntime.HumanLoopInput{InputContent: aws.String("{}")},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	found, _ := client.DescribeHumanLoop(&augmentedairuntime.DescribeHumanLoopInput{HumanLoopName: aws.String("go")})
	results["loop"] = []string{aws.StringValue(started.HumanLoopArn), aws.StringValue(found.HumanLoopStatus)}
	results["year"] = found.CreationTime.Year()
	_, err = client.DescribeHumanLoop(&augmentedairuntime.DescribeHumanLoopInput{HumanLoopName: aws.String("none")})
	_, results["missing"] = err.(*augmentedairuntime.ResourceNotFoundException)
}

func inspect(results map[string]interface{}, client *lookoutforvision.LookoutForVision) {
	project := aws.String("circuits")
	_, err := client.CreateProject(&lookoutforvision.CreateProjectInput{ProjectName: project})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, err = client.CreateProject(&lookoutforvision.CreateProjectInput{ProjectName: project})
	conflict, _ := err.(*lookoutforvision.ConflictException)
	results["conflict"] = conflict != nil && aws.StringValue(conflict.ResourceId) != ""
	pages := 0
	_ = client.ListProjectsPages(&lookoutforvision.ListProjectsInput{}, func(page *lookoutforvision.ListProjectsOutput, last bool) bool {
		pages += len(page.Projects)
		return true
	})
	results["projects"] = pages
	found, err := client.DetectAnomalies(&lookoutforvision.DetectAnomaliesInput{
		ProjectName:  aws.String("hosted"),
		ModelVersion: aws.String("1"),
		ContentType:  aws.String("image/png"),
		Body:         openImage(),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	results["anomalous"] = aws.BoolValue(found.DetectAnomalyResult.IsAnomalous)
}

func openImage() *os.File {
	image, err := os.Open(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return image
}
